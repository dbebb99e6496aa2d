/** `12345` → `12,345`. */
export const count = (n: number): string => n.toLocaleString('en-US');

/** `2, 'blob'` → `2 blobs`. */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;
