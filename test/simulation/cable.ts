/**
 * The control connection to a switch of this process, which can be cut: what is open ends, and nothing new is answered
 * until it is mended.
 */
import { Code, RpcError, type Transport } from '@mooring/p4runtime-ts';

/** See the file's comment. */
export class Cable {
  private readonly connect: () => Transport;
  private readonly ends = new Set<() => void>();
  private isCut = false;

  /** @param connect a new connection */
  constructor(connect: () => Transport) {
    this.connect = connect;
  }

  /** A connection through the cable. @throws Error while it is cut */
  readonly transport = (): Transport => {
    this.check();
    const inner = this.connect();
    return {
      ...inner,
      write: async (request, options) => {
        this.check();
        return inner.write(request, options);
      },
      openStream: (listener) => {
        const stream = inner.openStream(listener);
        const end = (): void => {
          stream.close();
          listener.closed(this.failure());
        };
        this.ends.add(end);
        return stream;
      },
    };
  };

  cut(): void {
    this.isCut = true;
    for (const end of this.ends) end();
    this.ends.clear();
  }

  mend(): void {
    this.isCut = false;
  }

  private failure(): RpcError {
    return new RpcError(Code.UNAVAILABLE, 'the cable is cut');
  }

  private check(): void {
    if (this.isCut) throw this.failure();
  }
}
