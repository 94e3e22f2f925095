// The report's browser side for tests, bundled as every build of the program bundles it.
import { reportClientDefine } from "../../scripts/report-client.mjs";
import type { ReportClient } from "../../src/report/html.js";

/** The script and the style sheet of the report, as text. */
export function bundleClient(): ReportClient {
  return JSON.parse(reportClientDefine().REPORT_CLIENT) as ReportClient;
}
