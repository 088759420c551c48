/**
 * `@mooring/server-agent`: what a load balancer wants to know of a server, from that server's own kernel.
 *
 * @example reportService(readSockets(), 8080)
 */
export { parseListeners, readAcceptQueueLimit } from './accept-queue.ts';
export {
  type AgentOptions,
  REPORT_VERSION,
  type RunningAgent,
  readCertificates,
  type ServiceQuestion,
  startAgent,
  type WireReport,
} from './agent.ts';
export { ProcNetTcpError, parseProcNetTcp, type SocketAddress, type TcpSocket, type TcpState } from './proc-net-tcp.ts';
export {
  readSockets,
  reportAllServices,
  reportService,
  type ServiceConnection,
  type ServiceReport,
} from './service.ts';
