import { expect, test } from 'vitest';
import { MENU_SHORTCUTS } from '#shared/shortcuts.ts';
import { acceleratorWords } from './platform.ts';

test.each([
  ['CmdOrCtrl+O', 'Ctrl O', '⌘O'],
  ['CmdOrCtrl+Shift+V', 'Ctrl Shift V', '⇧⌘V'],
  ['CmdOrCtrl+Alt+O', 'Ctrl Alt O', '⌥⌘O'],
  ['CmdOrCtrl+,', 'Ctrl ,', '⌘,'],
])('%s is written as each platform does', (accelerator, other, mac) => {
  expect(acceleratorWords(accelerator, false)).toBe(other);
  expect(acceleratorWords(accelerator, true)).toBe(mac);
});

test("every shortcut of the menu has words of its own, for Settings' list", () => {
  const words = Object.values(MENU_SHORTCUTS).map((each) => each.words);
  expect(new Set(words).size).toBe(words.length);
});
