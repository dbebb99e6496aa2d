import { crc32, deflateRawSync } from 'node:zlib';

/** A tar of these entries, as a program would write it; what is given of a header overrides that. */
export function tarOf(
  entries: readonly {
    name: string;
    content?: string | Uint8Array;
    type?: string;
    size?: number;
    link?: string;
    prefix?: string;
    badSum?: boolean;
  }[],
  end = true,
): Buffer {
  const parts: Buffer[] = [];
  for (const { name, content = '', type = '0', size, link = '', prefix = '', badSum } of entries) {
    const bytes = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100, 'utf8');
    header.write('0000644\0', 100);
    header.write(`${(size ?? bytes.length).toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write(type, 156);
    header.write(link, 157, 100);
    header.write('ustar\x0000', 257, 'latin1');
    header.write(prefix, 345, 155);
    header.write('        ', 148);
    const sum = header.reduce((total, byte) => total + byte, badSum ? 1 : 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    parts.push(header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  if (end) parts.push(Buffer.alloc(1024));
  return Buffer.concat(parts);
}

/** An extended header of pax with these records. */
export function pax(records: Readonly<Record<string, string>>): string {
  return Object.entries(records)
    .map(([key, value]) => {
      const rest = Buffer.byteLength(` ${key}=${value}\n`);
      let length = rest + 1;
      while (String(length).length + rest !== length) length = String(length).length + rest;
      return `${length} ${key}=${value}\n`;
    })
    .join('');
}

interface ZipEntry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  readonly stored?: boolean;
  readonly flags?: number;
  readonly method?: number;
  /** What the directory states, where it lies. */
  readonly size?: number;
  readonly crc?: number;
  readonly at?: number;
  readonly unixMode?: number;
  readonly zip64?: boolean;
}

/** A zip of these entries. `prefix`: bytes before it. */
export function zipOf(entries: readonly ZipEntry[], prefix = Buffer.alloc(0), zip64End = false): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const {
    name,
    content = '',
    stored = false,
    flags = 0,
    method,
    size,
    crc,
    at: elsewhere,
    unixMode = 0,
    zip64,
  } of entries) {
    const bytes = Buffer.from(content);
    const data = stored ? bytes : deflateRawSync(bytes);
    const nameBytes = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(nameBytes.length, 26);
    parts.push(local, nameBytes, data);
    const extra = zip64 ? Buffer.alloc(28) : Buffer.alloc(0);
    if (zip64) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      extra.writeBigUInt64LE(BigInt(bytes.length), 4);
      extra.writeBigUInt64LE(BigInt(data.length), 12);
      extra.writeBigUInt64LE(BigInt(at), 20);
    }
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central[5] = 3;
    central.writeUInt16LE(flags, 8);
    central.writeUInt16LE(method ?? (stored ? 0 : 8), 10);
    central.writeUInt32LE(crc ?? crc32(bytes), 16);
    central.writeUInt32LE(zip64 ? 0xffffffff : data.length, 20);
    central.writeUInt32LE(zip64 ? 0xffffffff : (size ?? bytes.length), 24);
    central.writeUInt16LE(nameBytes.length, 28);
    central.writeUInt16LE(extra.length, 30);
    central.writeUInt32LE((unixMode << 16) >>> 0, 38);
    central.writeUInt32LE(zip64 ? 0xffffffff : (elsewhere ?? at), 42);
    directory.push(central, nameBytes, extra);
    at += 30 + nameBytes.length + data.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64End ? 0xffff : entries.length, 8);
  end.writeUInt16LE(zip64End ? 0xffff : entries.length, 10);
  end.writeUInt32LE(zip64End ? 0xffffffff : list.length, 12);
  end.writeUInt32LE(zip64End ? 0xffffffff : at, 16);
  const large: Buffer[] = [];
  if (zip64End) {
    const record = Buffer.alloc(56);
    record.writeUInt32LE(0x06064b50, 0);
    record.writeBigUInt64LE(44n, 4);
    record.writeBigUInt64LE(BigInt(entries.length), 24);
    record.writeBigUInt64LE(BigInt(entries.length), 32);
    record.writeBigUInt64LE(BigInt(list.length), 40);
    record.writeBigUInt64LE(BigInt(at), 48);
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeBigUInt64LE(BigInt(at + list.length), 8);
    locator.writeUInt32LE(1, 16);
    large.push(record, locator);
  }
  return Buffer.concat([prefix, ...parts, list, ...large, end]);
}
