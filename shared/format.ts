let thousands: Intl.NumberFormat | undefined;

/** `12345` → `12,345`. Tables ask for each row that scrolls by: `toLocaleString` would make a formatter each time. */
export function count(n: number): string {
  if (Number.isInteger(n) && n > 0 && n < 1000) return String(n);
  thousands ??= new Intl.NumberFormat('en-US');
  return thousands.format(n);
}

/** `2, 'blob'` → `2 blobs`. */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

/** Names that Windows keeps for devices, whatever extension they have. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** What the ciphertext of a blob is called as a file of its own: after its file and its place there, for any system. */
export function blobFileName({ file, place }: { readonly file: string; readonly place: string }): string {
  const plain = (text: string): string => text.replaceAll(/[^\w.-]+/g, '-').replace(/^[-.]+/, '');
  const name = plain(file.split(/\/|\\(?!u\{)/).at(-1) ?? '').slice(0, 80) || 'blob';
  const whole = place === '' ? name : `${name}-${plain(place).slice(0, 80)}`;
  return `${DEVICE.test(whole) ? '_' : ''}${whole.replace(/\.bin$/, '')}.bin`;
}

/**
 * One word for a shell, as it is typed. `platform`: `win32` for PowerShell, which writes a quote in a quoted word twice; any
 * other for a POSIX shell.
 */
export function shellWord(word: string, platform = 'posix'): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return platform === 'win32' ? `'${word.replaceAll("'", "''")}'` : `'${word.replaceAll("'", "'\\''")}'`;
}
