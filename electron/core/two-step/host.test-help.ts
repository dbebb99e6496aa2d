import { startFromSource } from './child.test-help.ts';

// A host for the test that kills one: starts a child, lets it open, and says its process id.
const child = startFromSource();
const way = { endpoint: 'http://127.0.0.1:9', region: 'us-east-1', ca: null, proxy: null };
child.onMessage(() => console.log(child.pid));
child.send({ type: 'open', source: way, destination: way });
const keys = { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: null };
child.send({ type: 'try-decrypt', id: 1, side: 'source', decrypt: { keys, members: {} } });
setInterval(() => {}, 60_000);
