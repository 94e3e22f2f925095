// A small reader of HTML for tests: the tags of a page, and whether they nest.

/** Elements that have no end tag. */
const VOID = new Set(["meta", "img", "br", "link", "input"]);

/** Names and attributes of all tags, in order, with script and style contents skipped; throws unless they nest. */
export function readTags(page: string): { name: string; attributes: string }[] {
  const body = page.replace(/(<(script|style)\b[^>]*>)[\s\S]*?<\/\2>/g, "$1</$2>");
  const tags: { name: string; attributes: string }[] = [];
  const open: string[] = [];
  for (const [, end, name, attributes] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:\s+[^<>]*)?)>/g)) {
    if (end) {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing; open: ${open.join(" ")}`);
      continue;
    }
    tags.push({ name, attributes });
    if (!VOID.has(name)) open.push(name);
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(" ")}`);
  return tags;
}

/** The text of the element with this id, as the browser's script gets it. */
export function scriptText(page: string, id: string): string {
  const start = page.indexOf(">", page.indexOf(`id="${id}"`)) + 1;
  return page.slice(start, page.indexOf("</script>", start));
}
