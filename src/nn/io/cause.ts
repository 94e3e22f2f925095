// What the system says of a file that it refuses, and what to do about it.

const HELP: Record<string, string> = {
  ENOENT: "check the path: the file or its folder does not exist",
  EACCES: "check the permissions of the file and its folder",
  EPERM: "check the permissions of the file and its folder",
  EISDIR: "the path is a folder; name a file in it",
  ENOTDIR: "check the path: a part of it is a file, not a folder",
  ENAMETOOLONG: "the name is too long for this file system; choose a shorter one",
  ELOOP: "the path is a symbolic link that leads back to itself",
  ENOSPC: "the disk is full; free space or write elsewhere",
  EDQUOT: "the disk quota is used up; free space or write elsewhere",
  EFBIG: "the file is larger than the system lets this process write",
  EPIPE: "the program that was to read it has ended",
  EROFS: "the disk is read-only; write elsewhere",
};

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}

/** The system's code of an error, else its text. */
export function describe(cause: unknown): string {
  return codeOf(cause) || String(cause);
}

/** What to do about it. */
export function helpFor(cause: unknown): string {
  return HELP[codeOf(cause)] ?? "see the cause of this error";
}
