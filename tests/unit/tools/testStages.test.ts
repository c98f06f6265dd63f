import { expect, it } from "vitest";
import { countReport } from "../../../tools/testStages.mjs";

const PASSING_FILE = { status: "passed", assertionResults: [{ status: "passed" }] };
const REPORT = { numPassedTests: 1, numPendingTests: 0, numTodoTests: 0, testResults: [PASSING_FILE] };

it("counts passed, failed and skipped tests", () => {
  const file = {
    status: "failed",
    assertionResults: [{ status: "failed" }, { status: "failed" }, { status: "passed" }],
  };
  const report = { ...REPORT, numPassedTests: 2, numPendingTests: 3, testResults: [PASSING_FILE, file] };
  expect(countReport(report, false)).toEqual({ passed: 2, failed: 2, skipped: 3 });
});

it("counts a file that could not be loaded as a failure", () => {
  const report = { ...REPORT, testResults: [PASSING_FILE, { status: "failed", assertionResults: [] }] };
  expect(countReport(report, false)).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

it("counts a crash as a failure, with a report and without one", () => {
  expect(countReport(REPORT, false)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  expect(countReport(undefined, false)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});
