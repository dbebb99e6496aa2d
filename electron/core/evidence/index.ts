/** Signed statements about files: in-toto statements in DSSE envelopes. */
export {
  EnvelopeProblem,
  hashFor,
  isSigned,
  keyIdOf,
  PAYLOAD_TYPE,
  readEnvelope,
  type Statement,
  signedBytes,
  statementOf,
} from './dsse.ts';
