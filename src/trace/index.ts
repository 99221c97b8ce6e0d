export { type ArrowDiagramOptions, arrowDiagram } from './arrow-diagram.ts';
export { type CapturedPacket, captureFormat, readCapture } from './capture.ts';
export { type Conversation, type ConversationPacket, conversations, type Side } from './conversations.ts';
export { type Examination, examine } from './flaws.ts';
export { type Fate, type LadderOptions, type LadderPacket, ladder } from './ladder.ts';
export { pcapngHeader, pcapngPacket, type TracePacket } from './pcapng.ts';
export { TsnOrigins } from './tsn-origins.ts';
