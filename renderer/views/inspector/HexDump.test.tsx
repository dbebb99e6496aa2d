// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Field } from '#shared/model/blob.ts';
import { flatten, ownersOf } from '../../lib/bytes/hex.ts';
import { useUi } from '../../store/app/ui.ts';
import { useInspector } from '../../store/blobs/inspector.ts';
import { HexDump } from './HexDump.tsx';

const field = (name: string, offset: number, length: number): Field => ({
  name,
  offset,
  length,
  value: '',
  meaning: '',
  evidence: 'observed',
  children: [],
});
const bytes = Uint8Array.from({ length: 40 }, (_, i) => i + 0x41);
const nodes = flatten([field('version', 0, 1), field('salt', 1, 20), field('tag', 21, 19)]);
const decoded = { bytes, nodes, owners: ownersOf(nodes, bytes.length) };
const [version, salt, tag] = nodes.map(({ id }) => id);

beforeAll(() => {
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(400);
});
afterEach(() => {
  cleanup();
  useInspector.setState(useInspector.getInitialState());
  useUi.setState(useUi.getInitialState());
});

const dump = () => screen.getByRole('group', { name: /^Bytes: 40\./ });
const lit = () =>
  Array.from(dump().querySelectorAll('.hex-bytes .is-lit'), ({ textContent }) => textContent?.trim());

test('sixteen bytes a row, with their offset and as text', () => {
  render(<HexDump decoded={decoded} />);
  const rows = Array.from(dump().querySelectorAll('.hex-row'));
  expect(rows).toHaveLength(3);
  expect(rows[1]?.querySelector('.hex-offset')?.textContent).toMatch(/10$/);
  expect(rows[0]?.querySelector('.hex-ascii')?.textContent).toBe('ABCDEFGHIJKLMNOP');
  expect(dump().className).not.toContain('hex-dimmed');
});

test('the field that is pointed at is lit in all its rows and the rest dimmed; leaving ends it', () => {
  render(<HexDump decoded={decoded} />);
  const byte = dump().querySelectorAll('.hex-row')[1]?.querySelector('.hex-bytes [data-owner="1"]');
  if (byte == null) throw new Error('no byte of the salt');
  fireEvent.pointerOver(byte);
  expect(useInspector.getState().pointed).toBe(salt);
  expect(lit()).toHaveLength(2);
  expect(dump().className).toContain('hex-dimmed');
  fireEvent.pointerOut(byte, { relatedTarget: document.body });
  expect(useInspector.getState().pointed).toBeNull();
});

test('by keyboard from field to field, to the first and last, and its bytes are copied', () => {
  const copy = vi.fn(async () => undefined);
  Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: copy } });
  render(<HexDump decoded={decoded} />);
  const press = (key: string, more = {}) => fireEvent.keyDown(dump(), { key, ...more });
  const chosen = () => useInspector.getState().chosen;
  press('ArrowRight');
  expect(chosen()).toBe(version);
  press('End');
  expect(chosen()).toBe(tag);
  press('ArrowRight');
  expect(chosen()).toBe(tag);
  press('ArrowLeft');
  expect(chosen()).toBe(salt);
  press('Home');
  press('c', { ctrlKey: true, metaKey: true });
  expect(copy).toHaveBeenCalledWith('41');
});
