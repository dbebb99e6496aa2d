import { create } from 'zustand';
import type { MfaQuestion, SignInCode } from '#shared/model/connection.ts';
import type { Fault } from '#shared/model/fault.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { useUi } from '../app/ui.ts';

/** A sign-in on the screen: until the code is known, while it waits for the person, or as it failed. */
interface SignInView {
  /** Null: the SDK's default profile. */
  readonly profile: string | null;
  readonly code: SignInCode | null;
  readonly fault: Fault | null;
}

interface SignInStore {
  readonly signIn: SignInView | null;
  /** Codes that are asked for, oldest first. */
  readonly questions: readonly MfaQuestion[];
  /** What was under way before this page was loaded. */
  load(): Promise<void>;
  begin(profile: string | null): Promise<void>;
  /** Takes the sign-in off the screen; one that is under way ends. */
  dismiss(): void;
  /** Opens the address on the host, where it can. */
  openPage(): Promise<void>;
  showCode(code: SignInCode): void;
  ended(profile: string, fault: Fault | null): void;
  asked(question: MfaQuestion): void;
  settled(id: string): void;
  /** Null: the person has no code. */
  answer(id: string, code: string | null): Promise<void>;
}

/** What a person is asked in order to connect: an SSO sign-in, codes of multi-factor devices. */
export const useSignIn = create<SignInStore>()((set, get) => ({
  signIn: null,
  questions: [],
  async load() {
    try {
      const { signIn, mfa } = await call(bridge().connection.waiting({}));
      set({ questions: mfa, signIn: signIn && { profile: signIn.profile, code: signIn, fault: null } });
    } catch {
      // The connection's own state says what is wrong with the host.
    }
  },
  async begin(profile) {
    const mine: SignInView = { profile, code: null, fault: null };
    set({ signIn: mine });
    try {
      await call(bridge().connection.signIn({ profile }));
    } catch (error) {
      // `signInEnded` has said it already where the sign-in had begun.
      const fault = pageFaultOf(error);
      if (get().signIn === mine && fault.code !== 'Aborted') set({ signIn: { ...mine, fault } });
    }
  },
  dismiss() {
    const { signIn } = get();
    set({ signIn: null });
    if (signIn !== null && signIn.fault === null)
      void call(bridge().connection.cancelSignIn({})).catch(() => {});
  },
  async openPage() {
    try {
      await call(bridge().connection.openSignIn({}));
    } catch (error) {
      const { signIn } = get();
      if (signIn !== null) set({ signIn: { ...signIn, fault: pageFaultOf(error) } });
    }
  },
  showCode: (code) => set({ signIn: { profile: code.profile, code, fault: null } }),
  ended(profile, fault) {
    const { signIn } = get();
    if (fault === null) {
      useUi.getState().toast(`Signed in with ${profile}`);
      set({ signIn: null });
    } else if (signIn !== null) {
      set({ signIn: fault.code === 'Aborted' ? null : { ...signIn, code: null, fault } });
    }
  },
  asked: (question) =>
    set((state) => ({ questions: [...state.questions.filter(({ id }) => id !== question.id), question] })),
  settled: (gone) => set((state) => ({ questions: state.questions.filter(({ id }) => id !== gone) })),
  async answer(id, code) {
    get().settled(id);
    try {
      await call(bridge().connection.answerMfa({ id, code }));
    } catch (error) {
      useUi.getState().complain(pageFaultOf(error));
    }
  },
}));
