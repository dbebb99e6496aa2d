import { useState } from 'react';
import type { MfaQuestion } from '#shared/model/connection.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { TextInput } from '../../components/fields.tsx';
import { useSignIn } from '../../store/connection/sign-in.ts';

/** Asks for the code of a multi-factor device, wherever one is needed; one question after the other. */
export function MfaDialog() {
  const question = useSignIn((state) => state.questions[0]);
  return question === undefined ? null : <Question key={question.id} question={question} />;
}

function Question({ question }: { readonly question: MfaQuestion }) {
  const answer = useSignIn((state) => state.answer);
  const [code, setCode] = useState('');
  const digits = code.replace(/\s/g, '');
  const whole = /^\d{6}$/.test(digits);
  const odd = /[^\d\s]/.test(code) || digits.length > 6;
  const send = (): void => {
    if (whole) void answer(question.id, digits);
  };
  return (
    <Dialog
      title="Multi-factor code"
      subtitle={`Profile ${question.profile ?? 'default'}`}
      open
      onClose={() => void answer(question.id, null)}
      footer={
        <>
          <Button onPress={() => void answer(question.id, null)}>Cancel</Button>
          <Button variant="primary" reason={whole ? null : 'Type the six digits of the code.'} onPress={send}>
            Use this code
          </Button>
        </>
      }
    >
      <p>
        This profile assumes a role that requires multi-factor authentication. You enter a code once; it lasts
        until the session ends.
      </p>
      <div className="mfa-code">
        <TextInput
          label="Code from the device"
          value={code}
          onChange={setCode}
          mono
          autoFocus
          numeric
          invalid={odd}
          placeholder="123456"
          hint={odd ? 'A code is six digits.' : <span className="mfa-device">Device {question.serial}</span>}
          onEnter={send}
        />
      </div>
    </Dialog>
  );
}
