/**
 * The upstream tests of P4Runtime servers and of simple_switch, by suite, as a list to be held against: each is stood
 * for by a check here or has a reason why it cannot be asked from outside. The list is what makes a gap visible; the
 * behaviours are written from what the tests are about.
 */

/** Where a suite comes from, its tests, and which of them cannot be asked over the wire, and why. */
export interface UpstreamSuite {
  readonly origin: string;
  readonly suite: string;
  readonly tests: string;
  readonly notPortable?: Readonly<Record<string, string>>;
}

const FRONT_END = 'PI, front end';
const SERVER = 'PI, server';
const GRPC = 'simple_switch_grpc';
const SWITCH = 'simple_switch';

const all = (tests: string, reason: string) => Object.fromEntries(tests.split(' ').map((test) => [test, reason]));

const GNMI = 'gNMI is another protocol, which the embedded switch does not serve';
const INJECTED = 'needs a target that fails on demand';
const INTERNAL = 'is about a class inside the server, with nothing to see from outside';

const CLEANUP = 'MemberCreateError MemberCreateErrorCritical GroupCreateError GroupCreateErrorCritical MemberAddError';
const QUEUE = 'ImmediateTask TaskIn TaskAt PeriodicTask ReorderTasks ExecuteTaskOrDrop';
const SYSREPO = 'Create CreateUpdateAndDelete SubscribeOnce GetLeaf GetContainer Augmentation VerifyChangesFail';

export const upstreamSuites: readonly UpstreamSuite[] = [
  { origin: FRONT_END, suite: 'DeviceMgrTest', tests: 'ResourceTypeFromId PipelineConfigGet PipelineConfigGetLarge' },
  {
    origin: FRONT_END,
    suite: 'MatchTableTest',
    tests:
      'AddAndRead AddAndDelete AddAndModify SetDefault GetDefault InvalidSetDefault ResetDefault InvalidTableId InvalidActionId MissingMatchField WriteBatchWithError',
  },
  {
    origin: FRONT_END,
    suite: 'ActionProfTest',
    tests:
      'Member CreateDupMemberId BadMemberId Group Read ReadOne CreateDupGroupId BadGroupId AddBadMemberIdToGroup InvalidMemberWeight MemberWeights MemberWatchPort MemberWatchPortBytes InvalidActionProfId InvalidActionId InvalidMaxSize MaxSizeExceeded DuplicateMemberIds MaxSizeModify',
  },
  {
    origin: FRONT_END,
    suite: 'MatchTableIndirectTest',
    tests:
      'Member Group OneShotInsertAndRead OneShotInsertAndModify OneShotInsertAndDelete OneShotInvalidActionWeight OneShotWeights OneShotWatchPort OneShotWatchPortBytes OneShotMaxSizeExceeded MixedSelectorModes SetDefault',
  },
  { origin: FRONT_END, suite: 'OneShotCleanupTest', tests: CLEANUP, notPortable: all(CLEANUP, INJECTED) },
  { origin: FRONT_END, suite: 'ExactOneTest', tests: 'PriorityForNonTernaryMatch ZeroKeyAndDefaultEntry' },
  {
    origin: FRONT_END,
    suite: 'DirectMeterTest',
    tests:
      'WriteAndRead WriteInTableEntry InvalidTableEntry MissingTableEntry ReadAllFromTable DefaultEntry WriteInTableEntryDefault',
  },
  { origin: FRONT_END, suite: 'IndirectMeterTest', tests: 'WriteAndRead WriteAndReadDefault' },
  {
    origin: FRONT_END,
    suite: 'DirectCounterTest',
    tests:
      'WriteAndRead InvalidTableEntry ReadAllFromTable MissingTableEntry ReadAll WriteInTableEntry DefaultEntry WriteInTableEntryDefault',
  },
  { origin: FRONT_END, suite: 'IndirectCounterTest', tests: 'WriteAndRead ReadAll' },
  {
    origin: FRONT_END,
    suite: 'MatchKeyFormatTest',
    tests: 'Good1 Good2 MkMissingField MkTooLong FieldTooShort FieldTooLong BadLeadingZeros',
  },
  { origin: FRONT_END, suite: 'TernaryOneTest', tests: 'ValueEqValueAndMask DontCare ZeroPriority' },
  { origin: FRONT_END, suite: 'RangeOneTest', tests: 'LowLeHigh DontCare' },
  { origin: FRONT_END, suite: 'LpmOneTest', tests: 'TrailingZeros DontCare' },
  { origin: FRONT_END, suite: 'TernaryTwoTest', tests: 'MissingMatchField' },
  {
    origin: FRONT_END,
    suite: 'PREMulticastTest',
    tests: 'Write WriteStringPorts Duplicates InvalidId Read ReadExcludeGroupsFromCloneSessions GroupCreateError',
    notPortable: { GroupCreateError: INJECTED },
  },
  { origin: FRONT_END, suite: 'PRECloningTest', tests: 'Write ModifyConfig InvalidId Read' },
  {
    origin: FRONT_END,
    suite: 'ReadConstTableTest',
    tests: 'P4RuntimeEntries OutOfBandEntries',
    notPortable: { OutOfBandEntries: 'needs a second way to write entries, which this switch does not have' },
  },
  { origin: FRONT_END, suite: 'PVSTest', tests: 'Write Read' },
  { origin: FRONT_END, suite: 'RegisterTest', tests: 'Write Read' },
  { origin: FRONT_END, suite: 'DigestTest', tests: 'WriteAndRead' },
  { origin: FRONT_END, suite: 'ReadExclusiveAccess', tests: 'ConcurrentReadAndWrites' },
  { origin: FRONT_END, suite: 'MatchTableConstDefaultActionTest', tests: 'MutateParam MutateAction GetBeforeSet' },
  { origin: FRONT_END, suite: 'MatchTableActionAnnotationsTest', tests: 'TableAndDefault TableOnly DefaultOnly' },
  { origin: FRONT_END, suite: 'IdleTimeoutTest', tests: 'EntryAgeing Buffering MaxBuffering ModifyTTL ReadEntry' },
  {
    origin: FRONT_END,
    suite: 'StreamErrorTest',
    tests: 'StreamErrorDisabled StreamErrorEnabled',
    notPortable: { StreamErrorDisabled: 'errors cannot be turned off here: the specification asks for them' },
  },
  {
    origin: FRONT_END,
    suite: 'DefaultServerConfig',
    tests: 'Parse',
    notPortable: { Parse: 'p4.server.v1.ServerConfig is not part of P4Runtime, and not served' },
  },
  {
    origin: FRONT_END,
    suite: 'AccessArbitrationTest',
    tests:
      'ConcurrentWrites ExclusiveWrites ConcurrentReadsSameObject ConcurrentReadsDifferentObjects ExclusiveReadAndWrite',
  },
  { origin: FRONT_END, suite: 'TestBytestringConversionP4RtToPi', tests: 'convert' },
  { origin: FRONT_END, suite: 'TestBytestringConversionP4RtToPiErrors', tests: 'convert' },
  { origin: FRONT_END, suite: 'TestBytestringConversionPiToP4Rt', tests: 'convert convert_cstr' },
  {
    origin: FRONT_END,
    suite: 'DigestMgrTest',
    tests: 'Default DefaultCanonical Cache Ack MaxListSize MaxTimeout Reset',
  },
  { origin: FRONT_END, suite: 'DeviceMgrPacketIORegTest', tests: 'PacketIn PacketOut' },
  {
    origin: FRONT_END,
    suite: 'DeviceMgrPacketIOMetadataTest',
    tests:
      'PacketIn PacketOut PacketOutMetadataOutOfOrder PacketOutCanonicalMetadata PacketOutUnknownMetadata PacketOutMissingMetadata',
  },
  {
    origin: FRONT_END,
    suite: 'PacketIOStreamErrorTest',
    tests: 'PacketOutUnexpectedMetadata PacketOutUnkownMetadata PacketOutTargetError',
    notPortable: { PacketOutTargetError: INJECTED },
  },
  { origin: FRONT_END, suite: 'DeviceMgrSetPipelineConfigTest', tests: 'Reconcile' },
  {
    origin: FRONT_END,
    suite: 'WatchPortEnforcerTest',
    tests: 'DontUpdateHw UpdateHw PortStatusEvents ConcurrentRead ExclusiveWrite UpdateConfig',
    notPortable: all('ConcurrentRead ExclusiveWrite', INTERNAL),
  },
  {
    origin: FRONT_END,
    suite: 'WatchPortEnforcerNoWriteAccessOneOfTest',
    tests: 'ConcurrentAccess',
    notPortable: all('ConcurrentAccess', INTERNAL),
  },
  { origin: FRONT_END, suite: 'TaskQueueTest', tests: QUEUE, notPortable: all(QUEUE, INTERNAL) },
  {
    origin: FRONT_END,
    suite: 'P4InfoProtoConvertFromBmv2JsonTest',
    tests: 'Convert',
    notPortable: all('Convert', INTERNAL),
  },
  {
    origin: FRONT_END,
    suite: 'P4InfoProtoConvertFromProtoTest',
    tests: 'Convert',
    notPortable: all('Convert', INTERNAL),
  },
  {
    origin: SERVER,
    suite: 'TestArbitration',
    tests: 'WriteNoPrimary DuplicateElectionId WriteAndPacketInAndPacketOut MaxConnections SingleThreadedClient',
  },
  { origin: SERVER, suite: 'TestNoForwardingPipeline', tests: 'Write Read GetForwardingPipelineConfig' },
  { origin: SERVER, suite: 'TestPIGrpcServer', tests: 'DefaultPort RandomPort' },
  {
    origin: SERVER,
    suite: 'TestServerConfig',
    tests: 'GetAndSet',
    notPortable: { GetAndSet: 'p4.server.v1.ServerConfig is not part of P4Runtime, and not served' },
  },
  {
    origin: SERVER,
    suite: 'TestGNMIDummy',
    tests: 'SubscribeStaysOpen SubscribeErrorOnWrite',
    notPortable: all('SubscribeStaysOpen SubscribeErrorOnWrite', GNMI),
  },
  { origin: SERVER, suite: 'TestGNMISysrepo', tests: SYSREPO, notPortable: all(SYSREPO, GNMI) },
  {
    origin: SERVER,
    suite: 'TestGNMISysrepoSubscribeStreamSample',
    tests: 'Default SuppressRedundant UpdatesOnly',
    notPortable: all('Default SuppressRedundant UpdatesOnly', GNMI),
  },
  {
    origin: SERVER,
    suite: 'TestGNMISysrepoSubscribeStreamOnChange',
    tests: 'Default UpdatesOnly Heartbeat',
    notPortable: all('Default UpdatesOnly Heartbeat', GNMI),
  },
  { origin: GRPC, suite: 'SimpleSwitchGrpcTest_ActionProfile', tests: 'WatchPort DeleteGroupWithMembers' },
  { origin: GRPC, suite: 'SimpleSwitchGrpcTest_Basic', tests: 'Entries DefaultEntry' },
  { origin: GRPC, suite: 'SimpleSwitchGrpcTest_Counter', tests: 'CounterHit' },
  { origin: GRPC, suite: 'SimpleSwitchGrpcTest_Digest', tests: 'OneSample Ack DeleteDigest' },
  {
    origin: GRPC,
    suite: 'SimpleSwitchGrpcTest_gNMI',
    tests: 'PortOperStatusUpdates PortCounters',
    notPortable: all('PortOperStatusUpdates PortCounters', GNMI),
  },
  { origin: GRPC, suite: 'SimpleSwitchGrpcTest_GrpcDataplane', tests: 'SendAndReceive MultipleClients' },
  { origin: GRPC, suite: 'SimpleSwitchGrpcTest_IdleTimeout', tests: 'EntryExpire NotifyAgain ReadEntry ModifyTTL' },
  { origin: GRPC, suite: 'SimpleSwitchGrpcTest_Meter', tests: 'ReadDefault' },
  { origin: GRPC, suite: 'SimpleSwitchGrpcTest_Optional', tests: 'ReadEntry BothEntries PriorityZero' },
  { origin: GRPC, suite: 'SimpleSwitchGrpcTest_PacketIO', tests: 'SendAndReceiveCPUPacket' },
  { origin: GRPC, suite: 'SimpleSwitchGrpcTest_Multicast', tests: '2Rids3Ports' },
  { origin: GRPC, suite: 'SimpleSwitchGrpcTest_Clone', tests: 'SingletonAndMulticast' },
  { origin: GRPC, suite: 'SimpleSwitchGrpcTest_Ternary', tests: 'ReadEntry PriorityOrder PriorityZero' },
  {
    origin: SWITCH,
    suite: 'SimpleSwitch_PacketRedirectP4',
    tests: 'Baseline Multicast Resubmit Recirculate ExitIngress',
  },
  { origin: SWITCH, suite: 'SimpleSwitch_PacketRedirectP4_CloneI2E', tests: 'CloneI2E CloneI2E_Multicast' },
  { origin: SWITCH, suite: 'SimpleSwitch_PacketRedirectP4_CloneE2E', tests: 'CloneE2E CloneE2E_Multicast' },
  { origin: SWITCH, suite: 'SimpleSwitch_ParserErrorP4', tests: 'NoError PacketTooShort CustomError' },
  {
    origin: SWITCH,
    suite: 'SimpleSwitch_QueueingP4',
    tests: 'QueueingBasic QueueingAdvanced',
    notPortable: {
      QueueingAdvanced:
        'measures time in a queue whose rate is set by a function of the switch; there is no queue here',
    },
  },
  { origin: SWITCH, suite: 'SimpleSwitch_RecircP4', tests: 'Recirc' },
  { origin: SWITCH, suite: 'SimpleSwitch_SwapP4', tests: 'Swap' },
  { origin: SWITCH, suite: 'SimpleSwitch_TruncateP4', tests: 'Truncate' },
];
