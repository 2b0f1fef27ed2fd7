import { type AddressInfo, createServer } from 'node:net'

/** A local port at which nobody listens, for connections that are to be refused and for servers that choose none. */
export function closedPort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo // a TCP server that listens has one
      server.close(() => resolve(port))
    })
  })
}
