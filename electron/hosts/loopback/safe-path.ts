const MAX_SEGMENT_BYTES = 200;
const MAX_DEPTH = 64;

/**
 * Segments of a relative path that came from a page, made safe to create below a folder of ours: never empty, never
 * `.` or `..`, no separator, no NUL or other control character, nothing Windows forbids when on Windows. The tree is
 * kept. Null when nothing is left or it is deeper than 64.
 */
export function safeSegments(path: string, platform: string = process.platform): string[] | null {
  const segments = path
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..')
    .map((segment) => safeSegment(segment, platform));
  return segments.length === 0 || segments.length > MAX_DEPTH ? null : segments;
}

function safeSegment(segment: string, platform: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go.
  let safe = shorten(segment.replace(/[\u0000-\u001f\u007f\\]/g, '_'));
  if (platform === 'win32') {
    safe = safe.replace(/[<>:"|?*]/g, '_').replace(/[. ]+$/, '_');
    if (/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(safe)) safe = `_${safe}`;
  }
  return safe;
}

/** Keeps a name within what file systems hold (255 bytes, less room for a number), with its extension. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_SEGMENT_BYTES) return name;
  const extension = /\.[^.]{1,16}$/.exec(name)?.[0] ?? '';
  const room = MAX_SEGMENT_BYTES - Buffer.byteLength(extension);
  let stem = '';
  let used = 0;
  for (const character of name) {
    used += Buffer.byteLength(character);
    if (used > room) break;
    stem += character;
  }
  return stem + extension;
}

/** `a/b.json` → `a/b (2).json`: the name a second file of the same name gets. */
export function numbered(name: string, n: number): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? `${name.slice(0, dot)} (${n})${name.slice(dot)}` : `${name} (${n})`;
}
