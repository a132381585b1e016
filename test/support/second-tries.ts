import type { Reporter, TestModule } from "vitest/node";

/** A handful on a busy machine; more is a suite that does not tell the truth. */
const MOST = 5;

/** Lists the tests that passed only when they were tried again. More than a handful fail the run. */
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
