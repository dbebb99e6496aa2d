// Entry of the thread that looks through uploads, apart from the thread that answers every page: a hostile file may take
// seconds. It opens no file and no connection.
import { parentPort } from 'node:worker_threads';
import { toFault } from '../../bridge/index.ts';
import { examineUpload } from './upload-scan.ts';

parentPort?.on(
  'message',
  ({ id, path, bytes }: { id: number; path: string; bytes: Uint8Array<ArrayBuffer> }) => {
    try {
      const examined = examineUpload(path, bytes);
      parentPort?.postMessage({ id, examined }, [examined.bytes.buffer]);
    } catch (error) {
      parentPort?.postMessage({ id, fault: toFault(error) });
    }
  },
);
