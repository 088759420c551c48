/**
 * `@mooring/server-agent`: what a load balancer wants to know of a server, from that server's own kernel.
 *
 * @example reportService(readSockets(), 8080)
 */
export { ProcNetTcpError, parseProcNetTcp, type SocketAddress, type TcpSocket, type TcpState } from './proc-net-tcp.ts';
export { readSockets, reportService, type ServiceConnection, type ServiceReport } from './service.ts';
