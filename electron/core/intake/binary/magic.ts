// biome-ignore-all lint/suspicious/noControlCharactersInRegex: the first bytes of binary files are what is looked for.
/** Archives that Rewrap opens. */
export type ArchiveFormat = 'gzip' | 'zip' | 'tar' | 'zstd';

/** A binary format, by how its files begin. */
export interface Magic {
  /** For people: "SQLite database". */
  readonly name: string;
  /** How its content is had as text, or as files of their own. */
  readonly exportAs: string;
  /** How Rewrap opens it; 'closed': it holds files or values compressed, and Rewrap does not open it. Absent: it is no archive. */
  readonly archive?: ArchiveFormat | 'closed';
}

const UNPACK = 'unpacked files';
const OBJECT = 'text, with the program that made it';

type Test = string | RegExp | ((head: string) => boolean);
type Sign = readonly [test: Test, name: string, exportAs?: string, archive?: Magic['archive']];

const at =
  (offset: number, text: string): ((head: string) => boolean) =>
  (head) =>
    head.startsWith(text, offset);

/**
 * Beginnings in Latin-1, one character for each byte. What begins with few bytes shows more of its header as well: text
 * with control characters, or random data, begins with any two or three bytes by chance. Sources: the formats' own
 * documents, and the magic of `file`.
 */
const SIGNS: readonly Sign[] = [
  ['SQLite format 3\0', 'SQLite database', 'SQL text (`sqlite3 FILE .dump`)'],
  [at(257, 'ustar'), 'tar archive', UNPACK, 'tar'],
  [isGzip, 'gzip file', UNPACK, 'gzip'],
  ['PK\x03\x04', 'zip archive', UNPACK, 'zip'],
  ['PK\x05\x06', 'zip archive', UNPACK, 'zip'],
  ['PK\x07\x08PK\x03\x04', 'zip archive', UNPACK, 'zip'],
  ['\x28\xb5\x2f\xfd', 'Zstandard file', UNPACK, 'zstd'],
  [/^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/, 'bzip2 file', UNPACK, 'closed'],
  ['\xfd7zXZ\0', 'xz file', UNPACK, 'closed'],
  ['7z\xbc\xaf\x27\x1c', '7-Zip archive', UNPACK, 'closed'],
  ['Rar!\x1a\x07', 'RAR archive', UNPACK, 'closed'],
  ['\x04\x22\x4d\x18', 'LZ4 file', UNPACK, 'closed'],
  ['LZIP\x01', 'lzip file', UNPACK, 'closed'],
  [/^\x1f\x9d[\x89-\x90]/, 'compress file', UNPACK, 'closed'],
  [/^\x5d\0\0[\s\S]{2}(?:\xff{8}|[\s\S]{5}\0{3})/, 'LZMA file', UNPACK, 'closed'],
  ['MSCF\0\0\0\0', 'Windows cabinet', UNPACK, 'closed'],
  ['xar!\0\x1c', 'xar archive', UNPACK, 'closed'],
  ['\0\x05\x16\x07\0\x02\0\0', 'resources of a macOS file', OBJECT],
  ['!<arch>\n', 'ar archive', UNPACK, 'closed'],
  [/^07070[12][0-9A-Fa-f]{104}/, 'cpio archive', UNPACK, 'closed'],
  ['\xed\xab\xee\xdb', 'RPM package', UNPACK, 'closed'],
  ['hsqs', 'SquashFS image', UNPACK, 'closed'],
  ['QFI\xfb', 'QCOW disk image', UNPACK, 'closed'],
  ['KDMV\x01\0\0\0', 'VMDK disk image', UNPACK, 'closed'],
  ['PACK\0\0', 'git pack', 'files of a checkout'],
  ['DIRC\0\0', 'git index', 'files of a checkout'],
  ['\xfftOc\0\0', 'git pack index', 'files of a checkout'],
  ['\x7fELF', 'ELF program', OBJECT],
  ['\xca\xfe\xba\xbe', 'Java class or Mach-O program', OBJECT],
  [/^(?:\xcf|\xce)\xfa\xed\xfe/, 'Mach-O program', OBJECT],
  [/^\xfe\xed\xfa(?:\xce|\xcf)/, 'Mach-O program', OBJECT],
  ['\xfe\xed\xfe\xed\0\0\0', 'Java keystore', OBJECT],
  ['\xca\xfe\xd0\x0d', 'packed Java archive', OBJECT],
  [/^MZ[\s\S]{60}\0\0/, 'Windows program', OBJECT],
  ['dex\n03', 'Android program', OBJECT],
  ['\x1bLua', 'Lua program', OBJECT],
  ['BC\xc0\xde', 'LLVM bitcode', OBJECT],
  ['\0asm', 'WebAssembly module', OBJECT],
  [/^[\s\S]{2}\r\n[\0-\x03]\0\0\0/, 'Python bytecode', OBJECT],
  ['\xac\xed\0\x05', 'Java serialization', OBJECT],
  [/^\x80[\x02\x03][c}(\]X\x8a-\x8e]/, 'Python pickle', OBJECT],
  [/^\x80[\x04\x05]\x95/, 'Python pickle', OBJECT],
  ['bplist00', 'binary property list', 'XML (`plutil -convert xml1`)'],
  ['\0\0\0\x01Bud1\0', 'folder settings of macOS', OBJECT],
  ['Obj\x01', 'Avro file', 'JSON (`avro-tools tojson`)', 'closed'],
  ['PAR1', 'Parquet file', 'CSV or JSON', 'closed'],
  ['ORC\x08', 'ORC file', 'CSV or JSON', 'closed'],
  ['PGDMP', 'PostgreSQL dump of the custom format', 'SQL text (`pg_restore -f`)', 'closed'],
  [/^REDIS\d{4}/, 'Redis dump', OBJECT, 'closed'],
  ['\x89HDF\r\n\x1a\n', 'HDF5 file', OBJECT, 'closed'],
  ['\x93NUMPY', 'NumPy file', OBJECT],
  ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'Microsoft Office or installer file', OBJECT],
  [/^(?:\xde\x12\x04\x95|\x95\x04\x12\xde)/, 'compiled translations', OBJECT],
  [/^(?:\x1a\x01|\x1e\x02)[\s\S]\0[\s\S]\0/, 'compiled terminfo', OBJECT],
  [/^TZif[\x002-4]/, 'time zone file', OBJECT],
  [/^(?:\xd4\xc3\xb2\xa1|\xa1\xb2\xc3\xd4|\x0a\x0d\x0d\x0a)/, 'network capture', OBJECT],
  ['%PDF-', 'PDF document', 'text (`pdftotext`)', 'closed'],
  ['\x89PNG\r\n', 'PNG image', OBJECT],
  [/^GIF8[79]a/, 'GIF image', OBJECT],
  [/^\xff\xd8\xff[\xc0-\xfe]/, 'JPEG image', OBJECT],
  [/^RIFF[\s\S]{4}[A-Z0-9]{3}[A-Z0-9 ]/, 'RIFF file', OBJECT],
  [isBitmap, 'BMP image', OBJECT],
  [/^(?:II\x2a\0|MM\0\x2a)/, 'TIFF image', OBJECT],
  [/^\0\0[\x01\x02]\0[\x01-\x40]\0[\s\S]{3}\0/, 'icon', OBJECT],
  ['icns\0', 'icon of macOS', OBJECT],
  ['8BPS\0\x01', 'Photoshop image', OBJECT],
  ['\xff\x0a\xff', 'JPEG XL image', OBJECT],
  [/^[\s\S]{4}ftyp[A-Za-z0-9]{3}/, 'MP4, HEIC or AVIF file', OBJECT],
  ['\x1a\x45\xdf\xa3', 'Matroska or WebM file', OBJECT],
  ['ID3', 'MP3 file', OBJECT],
  [/^\xff[\xf2\xf3\xfa\xfb][\x10-\xeb]/, 'MP3 file', OBJECT],
  ['fLaC\0', 'FLAC file', OBJECT],
  ['OggS\0', 'Ogg file', OBJECT],
  [/^FORM[\s\S]{4}AIF[FC]/, 'AIFF file', OBJECT],
  ['glTF\x02', 'glTF model', OBJECT],
  [/^wOF[F2](?:\0\x01\0\0|OTTO|true)/, 'web font', OBJECT],
  [/^(?:\0\x01\0\0|OTTO|true)\0[\x01-\x40]/, 'font', OBJECT],
  ['ttcf\0', 'font', OBJECT],
  [/^[\s\S]{8}[\x01\x02]\0[\x01\x02]\0[\s\S]{20}[\s\S]{2}LP/, 'font', OBJECT],
];
const HEAD_BYTES = 264;

/** The reserved bits, the extra flags and the system must fit too: three bytes begin random data by chance. */
function isGzip(head: string): boolean {
  return (
    head.startsWith('\x1f\x8b\x08') &&
    head.charCodeAt(3) < 0x20 &&
    [0, 2, 4].includes(head.charCodeAt(8)) &&
    (head.charCodeAt(9) <= 13 || head.charCodeAt(9) === 0xff)
  );
}

/** Two letters, then a size, four zero bytes and the length of a known header. */
function isBitmap(head: string): boolean {
  return /^BM[\s\S]{4}\0{4}[\s\S]{2}\0\0[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0/.test(head);
}

const known = SIGNS.map(([test, name, exportAs = OBJECT, archive]) => ({
  test,
  magic: archive === undefined ? { name, exportAs } : { name, exportAs, archive },
}));

/** The binary format that a file's first bytes name; null where they name none. */
export function magicOf(bytes: Uint8Array): Magic | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES)).toString(
    'latin1',
  );
  for (const { test, magic } of known)
    if (
      typeof test === 'string' ? head.startsWith(test) : test instanceof RegExp ? test.test(head) : test(head)
    )
      return magic;
  return null;
}

/** First bytes of archives; a tar has its mark further on. */
const ARCHIVE_FIRST = new Uint8Array(256);
for (const char of '\x1fPB7RLMx!0hQKO%\x89\x28\xfd\x04\x5d\xed') ARCHIVE_FIRST[char.charCodeAt(0)] = 1;

/** How a file's archive is opened; null for what is none. A look at one byte for most files. */
export function archiveOf(bytes: Uint8Array): ArchiveFormat | 'closed' | null {
  if (ARCHIVE_FIRST[bytes[0] ?? 0] === 0 && (bytes.length < 258 || bytes[257] !== 0x75)) return null;
  return magicOf(bytes)?.archive ?? null;
}

/** Whether a file names a binary format: however much text stands in it, its parts have lengths and places. */
export function isKnownBinary(bytes: Uint8Array): boolean {
  return magicOf(bytes) !== null;
}

const LFS_POINTER = 'version https://git-lfs.github.com/spec/';

/** Whether a file is a pointer of Git LFS: what it stands for is elsewhere, and must be fetched (`git lfs pull`). */
export const isLfsPointer = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x76 && Buffer.from(bytes.subarray(0, LFS_POINTER.length)).toString('latin1') === LFS_POINTER;
