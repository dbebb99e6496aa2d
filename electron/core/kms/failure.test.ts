import { expect, test } from 'vitest';
import { toFaultError } from './failure.ts';

const SITUATION = {
  operation: 'ReEncrypt',
  region: 'us-east-1',
  proxy: 'HTTP_PROXY: proxy.corp:3128',
} as const;

/** An answer as the SDK throws it: of a status, and with a page of HTML or with nothing. */
function answered(name: string, httpStatusCode: number): Error {
  const error = Object.assign(new Error('Unexpected token < in JSON'), { $metadata: { httpStatusCode } });
  error.name = name;
  return error;
}

test.each(['SyntaxError', 'UnknownError', 'Error'])('HTTP 407 (%s) is the proxy that refuses', (name) => {
  const { fault } = toFaultError(answered(name, 407), SITUATION, () => []);
  expect(fault).toMatchObject({ code: 'ProxyRefused', raw: { by: 'The proxy' } });
  expect(fault.message).toContain('proxy.corp:3128');
  expect(fault.remedy).toContain('Put both into HTTP_PROXY');
});

test('HTTP 403 with a page of HTML may be of anything between', () => {
  expect(toFaultError(answered('SyntaxError', 403), SITUATION, () => []).fault.code).toBe('UnreadableReply');
});

test.each([
  ['407', /Put both into HTTP_PROXY/],
  ['403', /does not allow this host/],
])('a tunnel that is refused with %s', (status, words) => {
  const error = Object.assign(
    new Error(`Failed to establish tunnel to kms via http://proxy.corp:3128: HTTP/1.1 ${status} Refused`),
    { code: 'ERR_PROXY_TUNNEL' },
  );
  const { fault } = toFaultError(error, SITUATION, () => []);
  expect(fault.code).toBe('ProxyRefused');
  expect(`${fault.detail} ${fault.remedy}`).toMatch(words);
});

test.each([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
])('a handshake that ends with %s has failed', (code) => {
  const error = Object.assign(new Error('0:error:0A00042E:SSL routines:'), { code });
  expect(toFaultError(error, SITUATION, () => []).fault.code).toBe('TlsFailed');
});
