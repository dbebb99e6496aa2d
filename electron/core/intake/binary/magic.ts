/** A binary format, by how its files begin. */
export interface Magic {
  /** For people: "SQLite database". */
  readonly name: string;
  /** How its content is had as text, or as files of their own. */
  readonly exportAs: string;
}

const UNPACK = 'unpacked files';
const OBJECT = 'text, with the program that made it';

/** Beginnings in Latin-1, and where they stand. Sources: the formats' own documents, and `file`'s magic. */
const BEGINS: readonly (readonly [text: string, at: number, name: string, exportAs: string])[] = [
  ['SQLite format 3\0', 0, 'SQLite database', 'SQL text (`sqlite3 FILE .dump`)'],
  ['ustar', 257, 'tar archive', UNPACK],
  ['\x1f\x8b', 0, 'gzip file', UNPACK],
  ['PK\x03\x04', 0, 'zip archive', UNPACK],
  ['PK\x05\x06', 0, 'zip archive', UNPACK],
  ['BZh', 0, 'bzip2 file', UNPACK],
  ['\xfd7zXZ\0', 0, 'xz file', UNPACK],
  ['7z\xbc\xaf\x27\x1c', 0, '7-Zip archive', UNPACK],
  ['\x28\xb5\x2f\xfd', 0, 'Zstandard file', UNPACK],
  ['!<arch>\n', 0, 'ar archive', UNPACK],
  ['070701', 0, 'cpio archive', UNPACK],
  ['PACK\0\0', 0, 'git pack', 'files of a checkout'],
  ['DIRC\0\0', 0, 'git index', 'files of a checkout'],
  ['\x7fELF', 0, 'ELF program', OBJECT],
  ['\xca\xfe\xba\xbe', 0, 'Java class or Mach-O program', OBJECT],
  ['\xcf\xfa\xed\xfe', 0, 'Mach-O program', OBJECT],
  ['MZ', 0, 'Windows program', OBJECT],
  ['\0asm', 0, 'WebAssembly module', OBJECT],
  ['\xac\xed\0\x05', 0, 'Java serialization', OBJECT],
  ['\x80\x02', 0, 'Python pickle', OBJECT],
  ['\x80\x03', 0, 'Python pickle', OBJECT],
  ['\x80\x04\x95', 0, 'Python pickle', OBJECT],
  ['\x80\x05\x95', 0, 'Python pickle', OBJECT],
  ['bplist00', 0, 'binary property list', 'XML (`plutil -convert xml1`)'],
  ['Obj\x01', 0, 'Avro file', 'JSON (`avro-tools tojson`)'],
  ['PAR1', 0, 'Parquet file', 'CSV or JSON'],
  ['PGDMP', 0, 'PostgreSQL dump of the custom format', 'SQL text (`pg_restore -f`)'],
  ['REDIS', 0, 'Redis dump', OBJECT],
  ['%PDF-', 0, 'PDF document', OBJECT],
  ['\x89PNG\r\n', 0, 'PNG image', OBJECT],
  ['GIF8', 0, 'GIF image', OBJECT],
  ['\xff\xd8\xff', 0, 'JPEG image', OBJECT],
  ['RIFF', 0, 'RIFF file', OBJECT],
  ['OggS', 0, 'Ogg file', OBJECT],
];
const HEAD_BYTES = 264;

/** The binary format that a file's first bytes name; null where they name none. */
export function magicOf(bytes: Uint8Array): Magic | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES)).toString(
    'latin1',
  );
  const found = BEGINS.find(([text, at]) => head.startsWith(text, at));
  return found === undefined ? null : { name: found[2], exportAs: found[3] };
}

/** Whether a file names a binary format: however much text stands in it, its parts have lengths and places. */
export function isKnownBinary(bytes: Uint8Array): boolean {
  return magicOf(bytes) !== null;
}
