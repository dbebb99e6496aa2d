/** Signed statements about files: in-toto statements in DSSE envelopes. */
export {
  Envelope,
  hashFor,
  isSigned,
  keyIdOf,
  PAYLOAD_TYPE,
  Statement,
  signedBytes,
  statementOf,
} from './dsse.ts';
