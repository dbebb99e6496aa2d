import { Check, KeyRound, LogIn, RotateCw } from 'lucide-react';
import { kindOf } from '#shared/connection-kind.ts';
import type { Fault } from '#shared/model/fault.ts';
import { lapsedSide, remedyOf } from '../lib/connection.ts';
import { useConnection } from '../store/connection.ts';
import { useSignIn } from '../store/sign-in.ts';
import { Button } from './Button.tsx';

/** The button that renews a session that has ended, right where the fault is shown; nothing for other faults. */
export function FaultRemedy({ fault }: { readonly fault: Fault }) {
  const { connection, destination, again } = useConnection();
  const begin = useSignIn((state) => state.begin);
  const kind = remedyOf(fault);
  if (kind === null) return null;
  const side = lapsedSide(fault, connection, destination);
  const state = side === 'destination' ? destination : connection;
  if (state?.status === 'ready')
    return (
      <span className="status status-done">
        <Check className="icon" aria-hidden="true" />
        <span>Connected again</span>
      </span>
    );
  if (kind === 'sign-in')
    return (
      <Button
        icon={<LogIn className="icon" aria-hidden="true" />}
        onPress={() => void begin(state ? kindOf(state.choice).profile() : null)}
      >
        Sign in again
      </Button>
    );
  const Icon = kind === 'code' ? KeyRound : RotateCw;
  return (
    <Button
      icon={<Icon className="icon" aria-hidden="true" />}
      isDisabled={state?.status === 'connecting'}
      onPress={() => void again(side)}
    >
      {kind === 'code' ? 'Enter a code' : 'Connect again'}
    </Button>
  );
}
