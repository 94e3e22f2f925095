// Types of report-client.mjs, for the tests.
export declare function reportClientDefine(): { REPORT_CLIENT: string };
