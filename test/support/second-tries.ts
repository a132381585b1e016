import type { Reporter, TestModule } from "vitest/node";

/** A few happen on a busy machine; with more the suite is not reliable. */
const MOST = 5;

/** Lists the tests that passed only on the second try. More than a few fail the run. */
export class SecondTries implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const again = modules.flatMap(({ children }) =>
      [...children.allTests()].filter((test) => (test.diagnostic()?.retryCount ?? 0) > 0),
    );
    if (again.length === 0) return;
    const lines = again.map((test) => `  ${test.module.relativeModuleId}: ${test.fullName}`);
    process.stdout.write(`\n${again.length} tests needed a second try (at most ${MOST} may):\n${lines.join("\n")}\n`);
    if (again.length > MOST) process.exitCode = 1;
  }
}
