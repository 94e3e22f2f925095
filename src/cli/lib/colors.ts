// Colours for the terminal: none when NO_COLOR is set or the output is no terminal, unless FORCE_COLOR asks for them.
import pico from "picocolors";

export type Colors = ReturnType<typeof pico.createColors>;

/** picocolors also colours whenever CI is set; logs are plain here. */
export function colorsFor(stream: { isTTY?: boolean }): Colors {
  return pico.createColors(pico.isColorSupported && (stream.isTTY === true || Boolean(process.env.FORCE_COLOR)));
}
