import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { documentPolicy, secureHeaders } from './headers.ts';

export { INERT_POLICY, secureHeaders } from './headers.ts';

/** Stands in index.html wherever the nonce of the answer goes. */
const NONCE_PLACEHOLDER = '__CSP_NONCE__';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

interface PageResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

/** The built renderer, held in memory. */
export interface Page {
  /**
   * Answers one path. `urlPath` is the path of a URL as it was sent: percent-encoding is compared, never decoded,
   * and what is not exactly the name of a built file is 404. A query or fragment is ignored.
   */
  respond(urlPath: string): PageResponse;
}

interface Asset {
  readonly body: Uint8Array;
  readonly type: string;
  readonly cache: string;
}

/**
 * Reads every built file below `dir` (index.html and what it loads) once. After that nothing is read from disk, so
 * no request can name a file that the build did not put there. Links are not followed.
 *
 * @param options.bridgeScript Source text of a classic script, served at `/bridge.js` and run before the page's own.
 * @throws FaultError `PageNotBuilt` when there is no usable index.html in `dir`.
 */
export function openPage(dir: string, options: { readonly bridgeScript?: string } = {}): Page {
  const assets = readAssets(dir);
  const html = assets.get('/index.html');
  if (html === undefined) throw notBuilt(dir, 'It holds no index.html.');
  assets.delete('/index.html');
  let template = new TextDecoder().decode(html.body);
  if (options.bridgeScript !== undefined) {
    template = insertBridge(template, dir);
    assets.set('/bridge.js', {
      body: new TextEncoder().encode(options.bridgeScript),
      type: 'text/javascript; charset=utf-8',
      cache: 'no-store',
    });
  }

  return {
    respond(urlPath) {
      const path = urlPath.replace(/[?#].*$/s, '');
      if (path === '/' || path === '/index.html') return respondDocument(template);
      const asset = assets.get(path);
      return asset === undefined ? notFound() : respondAsset(asset);
    },
  };
}

function readAssets(dir: string): Map<string, Asset> {
  const assets = new Map<string, Asset>();
  const read = (folder: string, prefix: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const urlPath = `${prefix}/${encodeURIComponent(entry.name)}`;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) read(path, urlPath);
      if (!entry.isFile()) continue;
      assets.set(urlPath, {
        body: readFileSync(path),
        type: CONTENT_TYPES[extname(entry.name).toLowerCase()] ?? 'application/octet-stream',
        // The build puts a content hash into the names below assets/: they never change.
        cache: urlPath.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : 'no-cache',
      });
    }
  };
  try {
    read(dir, '');
  } catch (error) {
    throw notBuilt(dir, error instanceof Error ? error.message : String(error));
  }
  return assets;
}

function insertBridge(template: string, dir: string): string {
  const at = template.search(/<script[\s>]/i);
  if (at < 0) throw notBuilt(dir, 'Its index.html loads no script.');
  return `${template.slice(0, at)}<script src="/bridge.js"></script>\n    ${template.slice(at)}`;
}

function respondDocument(template: string): PageResponse {
  const nonce = randomBytes(18).toString('base64url');
  return {
    status: 200,
    headers: {
      ...secureHeaders(documentPolicy(nonce)),
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
    },
    body: new TextEncoder().encode(template.replaceAll(NONCE_PLACEHOLDER, nonce)),
  };
}

function respondAsset(asset: Asset): PageResponse {
  return {
    status: 200,
    headers: { ...secureHeaders(), 'Content-Type': asset.type, 'Cache-Control': asset.cache },
    body: asset.body,
  };
}

function notFound(): PageResponse {
  return {
    status: 404,
    headers: {
      ...secureHeaders(),
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
    },
    body: new TextEncoder().encode('Not found\n'),
  };
}

function notBuilt(dir: string, why: string): FaultError {
  return new FaultError(
    fault(
      'PageNotBuilt',
      `The user interface is not at ${dir}.`,
      why,
      'Run `npm run build`, then start again.',
    ),
  );
}
