// Files from an address, by the platform's own fetch().
import { CheckpointError } from "../../tensor/errors.js";

/** The bytes behind an address. Throws CheckpointError where it cannot be reached or answers with no file. */
export async function fetchBytes(address: string): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response;
  try {
    response = await fetch(address);
  } catch (cause) {
    const reason = ((cause as Error).cause ?? cause) as Error; // Node says "fetch failed", and why in the cause
    throw new CheckpointError(
      `${address}: cannot be fetched (${reason.message})`,
      "check the address, and that its server lets other pages read it (CORS)",
      { cause },
    );
  }
  if (!response.ok) {
    throw new CheckpointError(`${address}: the server answers ${response.status}`, "check the address");
  }
  return new Uint8Array(await response.arrayBuffer());
}
