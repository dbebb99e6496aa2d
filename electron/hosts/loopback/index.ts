/** The window in a browser of this machine: HTTP and WebSocket on loopback. */

export { type Served, type ServeOptions, serve } from './serve.ts';
export { TerminalApprovals } from './terminal-approvals.ts';
export { UPLOAD_THREAD } from './upload-scanner.ts';
