/** Limits of the loopback host. The page bridge cannot import them; a test holds its copies to these. */

/** Bytes of one uploaded file. */
export const MAX_UPLOAD_BYTES = 64 * 1024 * 1024;
/** Files of one batch. */
export const MAX_BATCH_FILES = 100_000;
/** Bytes of one batch. */
export const MAX_BATCH_BYTES = 4 * 1024 ** 3;
/** Uploads held in memory at a time; more wait unread. */
export const MAX_UPLOADS_AT_ONCE = 4;
/** Bytes of one WebSocket message: a paste of 32 000 000 characters as JSON. */
export const MAX_MESSAGE_BYTES = 48 * 1024 * 1024;
/** Requests of one page under way at a time. */
export const MAX_CALLS_AT_ONCE = 256;
/** Bytes waiting to be sent to one page; a page that is further behind is cut off and fetches anew. */
export const MAX_BACKLOG_BYTES = 64 * 1024 * 1024;
export const MAX_SOCKETS = 32;
export const PING_MS = 30_000;
export const DOWNLOAD_MS = 10 * 60_000;
/** Download addresses waiting at a time; the oldest gives way. */
export const MAX_DOWNLOADS = 16;
/** Bytes of one download (a ZIP without its 64-bit extension holds 4 GiB; memory holds less). */
export const MAX_DOWNLOAD_BYTES = 1024 ** 3;
