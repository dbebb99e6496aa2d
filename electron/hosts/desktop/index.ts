export { type DesktopParts, startDesktop } from './start.ts';
