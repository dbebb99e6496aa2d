/** What the fake host shows, from the page's query: `?n=5000&conn=aws&failing&slow&host=loopback&keys=failed&hang`. */
export interface FakeOptions {
  readonly n: number;
  readonly conn: 'practice' | 'aws' | 'failed' | 'connecting';
  readonly host: 'desktop' | 'loopback';
  readonly failing: boolean;
  readonly slow: boolean;
  readonly hang: boolean;
  readonly keys: 'ready' | 'failed' | 'gaps' | 'loading';
  readonly odd: boolean;
  /** A run in each of its states. */
  readonly states: boolean;
}
