// Making a thing of several parts, or none of it.

/** What `make` returns. Where it throws, all that it has handed to `own` is disposed: nobody else could. */
export function whole<T>(make: (own: <P extends { dispose(): void }>(part: P) => P) => T): T {
  const parts: { dispose(): void }[] = [];
  try {
    return make((part) => {
      parts.push(part);
      return part;
    });
  } catch (error) {
    for (const part of parts) part.dispose();
    throw error;
  }
}
