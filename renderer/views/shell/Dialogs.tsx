import { ContextMenu } from '../../components/ContextMenu.tsx';
import { SuppressDialog } from '../audit/SuppressDialog.tsx';
import { ClearDialog } from '../blobs/ClearDialog.tsx';
import { PasteDialog } from '../blobs/PasteDialog.tsx';
import { RulesDialog } from '../blobs/RulesDialog.tsx';
import { CompareDialog } from '../compare/CompareDialog.tsx';
import { ConnectionDialog } from '../connection/ConnectionDialog.tsx';
import { MfaDialog } from '../connection/MfaDialog.tsx';
import { SignInDialog } from '../connection/SignInDialog.tsx';
import { FindKeyDialog } from '../key-material/FindKeyDialog.tsx';
import { NameKeyDialog } from '../key-material/NameKeyDialog.tsx';
import { UndoDialog } from '../runs/UndoDialog.tsx';
import { ReencryptSheet } from '../sheet/ReencryptSheet.tsx';
import { AboutDialog } from './AboutDialog.tsx';
import { Palette } from './Palette.tsx';
import { ShortcutSheet } from './ShortcutSheet.tsx';

/** All that opens above the view. Each shows nothing until it is asked for. */
export function Dialogs() {
  return (
    <>
      <ConnectionDialog />
      <PasteDialog />
      <ClearDialog />
      <RulesDialog />
      <ReencryptSheet />
      <CompareDialog />
      <FindKeyDialog />
      <NameKeyDialog />
      <SignInDialog />
      <MfaDialog />
      <SuppressDialog />
      <UndoDialog />
      <ContextMenu />
      <Palette />
      <ShortcutSheet />
      <AboutDialog />
    </>
  );
}
