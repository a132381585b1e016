import { describe, expect, it } from "vitest";
import { endpoint, parseTable, progressAfter, QuietSince } from "../../../../src/client/route/dead-path.ts";

describe("the kernel's table of connections", () => {
  it("says for each what is not acknowledged and how often it was retransmitted", () => {
    const table = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
      "   0: 0100007F:1F90 0100007F:C350 01 000007D0:00000000 01:0000001F 00000006     0        0 12345 4 0000 1 1",
      "   1: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0000 1 1",
      "   2: 0100007F:1F90 0100007F:C351 01 000000D0:00000000 04:0000001F 00000000     0        3 12346 4 0000 1 1",
    ].join("\n");
    const rows = parseTable(table);
    expect(rows.get(`${endpoint("127.0.0.1", 8080)} ${endpoint("127.0.0.1", 50_000)}`)).toEqual({
      unacknowledged: 2_000,
      retries: 6,
    });
    expect(rows.get(`${endpoint("127.0.0.1", 8080)} ${endpoint("127.0.0.1", 50_001)}`)).toMatchObject({ retries: 3 });
    expect(rows.size).toBe(3);
  });

  it("has IPv6 addresses in this machine's byte order", () => {
    expect(endpoint("::1", 443)).toBe("00000000000000000000000001000000:01BB");
    expect(endpoint("fe80::1%eth0", 1)).toBe("000080FE000000000000000001000000:0001");
  });
});

describe("a connection on which something was sent", () => {
  const before = { bytesRead: 10, unacknowledged: 100, strikes: 1 };

  it.each([
    ["is stuck while the same bytes are sent again and again", { unacknowledged: 100, retries: 3 }, 10, 2],
    ["is stuck while further bytes wait after them", { unacknowledged: 500, retries: 1 }, 10, 2],
    ["is fine once some of them arrived", { unacknowledged: 99, retries: 3 }, 10, 0],
    ["is fine when something came from the other side", { unacknowledged: 100, retries: 3 }, 11, 0],
    ["is fine as long as nothing had to be sent again", { unacknowledged: 100, retries: 0 }, 10, 0],
    ["is fine if the system does not list it", undefined, 10, 0],
  ])("%s", (_what, row, bytesRead, strikes) => {
    const unacknowledged = row?.unacknowledged ?? 0;
    expect(progressAfter(before, row, bytesRead)).toEqual({ bytesRead, unacknowledged, strikes });
  });

  it("is fine while nothing waits, whatever the system counts", () => {
    const idle = { bytesRead: 10, unacknowledged: 0, strikes: 0 };
    expect(progressAfter(idle, { unacknowledged: 0, retries: 2 }, 10)).toEqual(idle);
  });
});

describe("a kept connection", () => {
  it("is doubtful after a jump of the clock, as when a machine wakes", () => {
    const quietSince = new QuietSince(1_000, 1_000_000);
    expect(quietSince.isDoubtful(61_000, 1_060_000, true)).toBe(false);
    expect(quietSince.isDoubtful(2_000, 1_601_000, true)).toBe(true);
    expect(quietSince.isDoubtful(2_000, 401_000, true)).toBe(true);
  });

  it("is doubtful after some seconds if the system does not report dead paths", () => {
    const quietSince = new QuietSince(0, 1_000_000);
    expect(quietSince.isDoubtful(4_000, 1_004_000, false)).toBe(false);
    expect(quietSince.isDoubtful(6_000, 1_006_000, false)).toBe(true);
    expect(quietSince.isDoubtful(6_000, 1_006_000, true)).toBe(false);
  });
});
