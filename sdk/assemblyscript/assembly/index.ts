// What plugins for midimon are written with in AssemblyScript. docs/abi.md of midimon says what is
// underneath.
export { register } from "./abi";
export * from "./files";
export {
  Answer, HostError, Level, Mute, Result, Storage, Volume, apps, clipboard, config, focusApp, keySend, launchApp, log,
  midiSend, mouseClick, mouseMove, notify, openUrl, secret, setClipboard, setOutput, setSecret, setState, setVolume,
  storageUsage, textSend, volume,
} from "./host";
export { Json, Kind } from "./json";
export { Ended, Message, Request, Response, WebSocket, fetch, run } from "./net";
export { Action, Call, Events, Failure, Fields, Params, Plugin } from "./plugin";
