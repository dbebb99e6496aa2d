import { keyDanger } from '../lib/keys.ts';
import { useKeys } from '../store/keys.ts';
import { Status } from './Status.tsx';

/** Says beside blobs that their key is disabled or about to be deleted, and when. Nothing while it works. */
export function KeyDanger({ keyArn }: { readonly keyArn: string | null }) {
  const key = useKeys((state) =>
    keyArn === null ? undefined : state.keys?.find((each) => each.arn === keyArn || each.keyId === keyArn),
  );
  const danger = key === undefined ? null : keyDanger(key);
  return danger === null ? null : <Status tone={danger.tone} word={danger.word} why={danger.why} />;
}
