/** Longest text of a service that is kept, in characters. */
const MAX_RAW = 2000;

/**
 * Takes out of an error's message everything that is, or may be, a credential, and cuts it to 2,000 characters:
 * - what AWS prints after "The Canonical String…" when it refuses a signature: it repeats the session token;
 * - what a credential process wrote, its command line included;
 * - text that a JSON parser quotes from a file it could not read (a token cache);
 * - access key ids, `Authorization` values, and headers that carry tokens.
 * Source of the shapes: messages of AWS Signature Version 4 errors and of `node:child_process`, observed.
 */
export function scrub(message: string): string {
  let text = message;
  text = text.replace(/\s*The (?:Canonical String|String-to-Sign)[\s\S]*$/i, ' (rest withheld)');
  text = text.replace(/(Command failed:)[\s\S]*$/i, '$1 (command and output withheld)');
  if (/JSON/.test(text) && /unexpected|unterminated|expected|bad control/i.test(text))
    text = 'The text is not valid JSON (withheld).';
  text = text.replace(
    /(x-amz-security-token|authorization|aws_secret_access_key|aws_session_token|secretaccesskey|sessiontoken|accesstoken|refreshtoken|clientsecret|signature)(["']?\s*[:=]\s*["']?)(?:AWS4-HMAC-SHA256 [^\n]*|[^\s"',&]+)/gi,
    '$1$2(withheld)',
  );
  text = text.replace(/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}\b/g, '(access key withheld)');
  return text.length > MAX_RAW ? `${text.slice(0, MAX_RAW)}…` : text;
}
