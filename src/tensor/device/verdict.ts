// Whether kernels compiled, which is known some time after they were asked for; and what hangs on it until then.

/** Of a kernel: `pending` until the driver has answered, then with an `error` or right. */
export interface Verdict {
  pending: boolean;
  error: Error | null;
}

/** Memory that may hold what such a kernel wrote. */
export interface Judged {
  hangsOn: readonly Verdict[];
}

/**
 * Notes that what a kernel writes to `buffers` (`access`: one letter each) hangs on its own verdict, and on those of all
 * that it reads: should one be an error, it fails these results and no others.
 */
export function hang(buffers: readonly Judged[], access: string, verdict: Verdict): void {
  const open = [verdict, ...buffers.flatMap((buffer) => buffer.hangsOn)].filter(
    ({ pending, error }) => pending || error,
  );
  if (open.length === 0) return;
  const hangsOn = [...new Set(open)];
  for (const [i, buffer] of buffers.entries()) if (access[i] === "w") buffer.hangsOn = hangsOn;
}
