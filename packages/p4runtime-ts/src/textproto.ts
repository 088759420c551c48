/**
 * Sub-path `@mooring/p4runtime-ts/textproto`: protobuf's text format for any message, read and written. No gRPC.
 */
export { fromText, type TextReadOptions } from './textproto/reader.ts';
export { TextFormatError } from './textproto/tokens.ts';
export { type TextWriteOptions, toText } from './textproto/writer.ts';
