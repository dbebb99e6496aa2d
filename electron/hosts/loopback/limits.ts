import { MOST_MESSAGE_BYTES } from '#shared/contract/message-size.ts';

/** Limits of the loopback host, for its page too. */

/** Bytes of one uploaded file. */
export const MAX_UPLOAD_BYTES = 64 * 1024 * 1024;
/** Files of one batch. */
export const MAX_BATCH_FILES = 100_000;
/** Bytes of one batch. */
export const MAX_BATCH_BYTES = 4 * 1024 ** 3;
/** Uploads held in memory at a time; more wait unread. */
export const MAX_UPLOADS_AT_ONCE = 4;
/** Bytes of one WebSocket message: what is larger is refused before it is read. */
export const MAX_MESSAGE_BYTES = MOST_MESSAGE_BYTES;
/** Requests of one page under way at a time. */
export const MAX_CALLS_AT_ONCE = 256;
/** Bytes of one page's first message, which says who it is. */
export const MAX_FIRST_MESSAGE_BYTES = 1024;
/** Time that a connection has to say who it is, milliseconds. */
export const FIRST_MESSAGE_MS = 10_000;
/** A session without use ends, milliseconds. */
export const SESSION_IDLE_MS = 12 * 3_600_000;
/** A session ends whatever its use, milliseconds. */
export const SESSION_MS = 7 * 24 * 3_600_000;
/** How long a code can be typed in the terminal, milliseconds. */
export const KNOCK_MS = 5 * 60_000;
/** Pages that wait for their code to be typed at a time; the oldest gives way. */
export const MAX_KNOCKS = 8;
/** Connections that are neither a page that was let in nor busy with a request; the oldest gives way. */
export const MAX_STRANGERS = 128;
/** Bytes of all that was uploaded and is still in the list. */
export const MAX_INBOX_BYTES = 8 * 1024 ** 3;
/** Bytes waiting to be sent to one page; a page that is further behind is cut off and fetches anew. */
export const MAX_BACKLOG_BYTES = 64 * 1024 * 1024;
export const MAX_SOCKETS = 32;
/** WebSockets that were not let in yet; the oldest gives way. */
export const MAX_UNKNOWN_SOCKETS = 16;
export const PING_MS = 30_000;
export const DOWNLOAD_MS = 10 * 60_000;
/** Download addresses waiting at a time; the oldest gives way. */
export const MAX_DOWNLOADS = 16;
/** Bytes of one download (a ZIP without its 64-bit extension holds 4 GiB; memory holds less). */
export const MAX_DOWNLOAD_BYTES = 1024 ** 3;
