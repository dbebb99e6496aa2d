import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { initWasm, Resvg } from '@resvg/resvg-wasm';

/** Sizes of the PNG files for Linux, pixels (freedesktop icon theme). */
export const PNG_SIZES = [16, 24, 32, 48, 64, 96, 128, 256, 512, 1024];
/** Sizes in the Windows icon, pixels; 256 is the largest that the format can name. */
export const ICO_SIZES = [16, 20, 24, 32, 40, 48, 64, 96, 128, 256];
/** Types of the macOS icon that hold PNG, with their size in pixels (Apple's names for size and scale). */
export const ICNS_TYPES: readonly (readonly [type: string, size: number])[] = [
  ['icp4', 16],
  ['icp5', 32],
  ['ic07', 128],
  ['ic08', 256],
  ['ic09', 512],
  ['ic10', 1024],
  ['ic11', 32],
  ['ic12', 64],
  ['ic13', 256],
  ['ic14', 512],
];

let ready: Promise<void> | null = null;

/** Draws the SVG at each size; PNG bytes by size in pixels. */
export async function draw(svg: string, sizes: readonly number[]): Promise<Map<number, Uint8Array>> {
  ready ??= initWasm(readFileSync(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')));
  await ready;
  return new Map(
    [...new Set(sizes)].map((size) => {
      const image = new Resvg(svg, { fitTo: { mode: 'width', value: size } }).render();
      return [size, image.asPng()];
    }),
  );
}

const png = (images: ReadonlyMap<number, Uint8Array>, size: number): Buffer => {
  const found = images.get(size);
  if (found === undefined) throw new Error(`No picture of ${size} pixels`);
  return Buffer.from(found);
};

/**
 * A Windows icon: ICONDIR (reserved, type 1, count), one 16-byte ICONDIRENTRY for each picture, the PNG files. A
 * width or height of 256 is written as 0. PNG entries are read since Windows Vista.
 */
export function ico(images: ReadonlyMap<number, Uint8Array>): Buffer {
  const head = Buffer.alloc(6 + 16 * ICO_SIZES.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(ICO_SIZES.length, 4);
  let offset = head.length;
  const pictures = ICO_SIZES.map((size, index) => {
    const bytes = png(images, size);
    const entry = 6 + 16 * index;
    head.writeUInt8(size % 256, entry);
    head.writeUInt8(size % 256, entry + 1);
    head.writeUInt16LE(1, entry + 4);
    head.writeUInt16LE(32, entry + 6);
    head.writeUInt32LE(bytes.length, entry + 8);
    head.writeUInt32LE(offset, entry + 12);
    offset += bytes.length;
    return bytes;
  });
  return Buffer.concat([head, ...pictures]);
}

/** A macOS icon: `icns`, the length of the whole, then for each picture its type, its length with these 8, the PNG. */
export function icns(images: ReadonlyMap<number, Uint8Array>): Buffer {
  const part = (type: string, bytes: Buffer) => {
    const head = Buffer.alloc(8);
    head.write(type, 'latin1');
    head.writeUInt32BE(bytes.length + 8, 4);
    return Buffer.concat([head, bytes]);
  };
  return part('icns', Buffer.concat(ICNS_TYPES.map(([type, size]) => part(type, png(images, size)))));
}

/** Makes every icon file from the one SVG: `icons/*.png`, `icon.ico` and `icon.icns` in the given folder. */
export async function makeIcons(svgFile: string, folder: string): Promise<void> {
  const sizes = [...PNG_SIZES, ...ICO_SIZES, ...ICNS_TYPES.map(([, size]) => size)];
  const images = await draw(readFileSync(svgFile, 'utf8'), sizes);
  rmSync(join(folder, 'icons'), { recursive: true, force: true });
  mkdirSync(join(folder, 'icons'), { recursive: true });
  for (const size of PNG_SIZES)
    writeFileSync(join(folder, 'icons', `${size}x${size}.png`), png(images, size));
  writeFileSync(join(folder, 'icon.ico'), ico(images));
  writeFileSync(join(folder, 'icon.icns'), icns(images));
}
