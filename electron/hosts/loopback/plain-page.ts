import { randomBytes } from 'node:crypto';
import { INERT_POLICY, secureHeaders } from '../page/index.ts';

export interface PlainPage {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const STYLE =
  'body{font:15px/1.5 system-ui,sans-serif;max-width:36rem;margin:12vh auto 0;padding:0 1.5rem}' +
  'h1{font-size:20px}code{font:13px ui-monospace,monospace}';

/** A page of words alone: no script, nothing loaded. `paragraphs` are trusted HTML of ours. */
function plainPage(status: number, title: string, paragraphs: readonly string[]): PlainPage {
  const nonce = randomBytes(18).toString('base64url');
  const lines = paragraphs.map((paragraph) => `<p>${paragraph}</p>`).join('\n');
  return {
    status,
    headers: {
      ...secureHeaders(`${INERT_POLICY}; style-src 'nonce-${nonce}'`),
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
    },
    body: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title} - Rewrap</title>
<meta name="color-scheme" content="light dark"><meta name="viewport" content="width=device-width">
<style nonce="${nonce}">${STYLE}</style></head>
<body>
<h1>${title}</h1>
${lines}
</body>
</html>
`,
  };
}

/** The `Host` header names another host or port. */
export function wrongHost(port: number): PlainPage {
  return plainPage(421, 'Rewrap does not answer under this name', [
    `This Rewrap answers at <code>http://127.0.0.1:${port}/</code> only, so that no web page can reach it under a name of its own.`,
    `Reaching it through SSH? Give the tunnel the same port at both ends: <code>ssh -L ${port}:127.0.0.1:${port} HOST</code>.`,
  ]);
}

export function crossSite(): PlainPage {
  return plainPage(403, 'Refused', [
    'Another web page asked for this. Rewrap answers only its own page and addresses typed or opened by you.',
  ]);
}

export function badMethod(): PlainPage {
  const page = plainPage(405, 'Refused', ['Rewrap takes GET, HEAD and POST.']);
  return { ...page, headers: { ...page.headers, Allow: 'GET, HEAD, POST' } };
}

export function downloadGone(): PlainPage {
  return plainPage(404, 'This download is over', [
    'A download address works once, for ten minutes. Go back to Rewrap and choose Download again.',
  ]);
}
