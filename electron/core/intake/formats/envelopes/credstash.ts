import { attributeOf, contextNotDeclared, envelopeBlob, type GroupFormat } from './shared.ts';

/**
 * An item of credstash as DynamoDB gives it, typed or plain: `key` is base64 of the blob of a 64-byte data key; `hmac`
 * covers `contents` alone (fugue/credstash, credstash.py).
 */
export const credstash: GroupFormat = {
  names: /contents/,
  read(item, out) {
    const key = attributeOf(item, 'key');
    if (key === null || !['name', 'version', 'contents', 'hmac'].every((name) => item.member(name) !== null))
      return;
    const blob = envelopeBlob(key, true, {
      container: 'credstash',
      findings: [
        contextNotDeclared(
          'credstash takes the context from its command line (credstash put NAME VALUE key=value …) and stores it nowhere; ' +
            'without pairs there is none.',
        ),
      ],
    });
    if (blob !== null) out.blobs.push(blob);
  },
};
