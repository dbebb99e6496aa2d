import type { IpcMainInvokeEvent, WebContents } from 'electron';
import { isOwn } from './origin.ts';

/**
 * Whether a message was sent by the main frame of our window while it showed our page. Electron gives one object per
 * frame but does not promise it, so the top frame of our own contents counts too.
 */
export function isFromOwnPage(event: IpcMainInvokeEvent, contents: WebContents | null): boolean {
  try {
    const frame = event.senderFrame;
    if (contents === null || frame === null || frame === undefined) return false;
    const isMain = frame === contents.mainFrame || (event.sender === contents && frame.parent === null);
    return isMain && isOwn(frame.url);
  } catch {
    // A frame that went away while its message was under way.
    return false;
  }
}
