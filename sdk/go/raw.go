//go:build wasip1

package midimon

import "unsafe"

// The host's functions as the module "midimon" has them.

//go:wasmimport midimon log
func rawLog(level uint32, text unsafe.Pointer, length uint32)

//go:wasmimport midimon set_output
func rawSetOutput(json unsafe.Pointer, length uint32) uint32

//go:wasmimport midimon set_error
func rawSetError(text unsafe.Pointer, length uint32) uint32

//go:wasmimport midimon storage_usage
func rawStorageUsage(usage unsafe.Pointer) uint32

//go:wasmimport midimon last_error
func rawLastError(buffer unsafe.Pointer, capacity uint32, length unsafe.Pointer) uint32

//go:wasmimport midimon http_request
func rawHTTPRequest(request unsafe.Pointer, requestLength uint32, body unsafe.Pointer,
	bodyLength uint32, handle unsafe.Pointer) uint32

//go:wasmimport midimon http_head
func rawHTTPHead(handle uint32, buffer unsafe.Pointer, capacity uint32, length unsafe.Pointer) uint32

//go:wasmimport midimon http_read
func rawHTTPRead(handle uint32, buffer unsafe.Pointer, capacity uint32, length unsafe.Pointer) uint32

//go:wasmimport midimon http_close
func rawHTTPClose(handle uint32) uint32

//go:wasmimport midimon ws_connect
func rawWSConnect(request unsafe.Pointer, requestLength uint32, handle unsafe.Pointer) uint32

//go:wasmimport midimon ws_send
func rawWSSend(handle uint32, kind uint32, data unsafe.Pointer, length uint32) uint32

//go:wasmimport midimon ws_receive
func rawWSReceive(handle uint32, timeoutMs uint32, buffer unsafe.Pointer, capacity uint32,
	received unsafe.Pointer) uint32

//go:wasmimport midimon ws_close
func rawWSClose(handle uint32, code uint32) uint32

//go:wasmimport midimon exec
func rawExec(request unsafe.Pointer, requestLength uint32, input unsafe.Pointer, inputLength uint32,
	handle unsafe.Pointer) uint32

//go:wasmimport midimon exec_result
func rawExecResult(handle uint32, buffer unsafe.Pointer, capacity uint32, length unsafe.Pointer) uint32

//go:wasmimport midimon exec_read
func rawExecRead(handle uint32, stream uint32, buffer unsafe.Pointer, capacity uint32,
	length unsafe.Pointer) uint32

//go:wasmimport midimon exec_close
func rawExecClose(handle uint32) uint32

//go:wasmimport midimon midi_send
func rawMIDISend(port unsafe.Pointer, portLength uint32, bytes unsafe.Pointer, length uint32) uint32

//go:wasmimport midimon key_send
func rawKeySend(chord unsafe.Pointer, length uint32) uint32

//go:wasmimport midimon text_send
func rawTextSend(text unsafe.Pointer, length uint32) uint32

//go:wasmimport midimon mouse_click
func rawMouseClick(button uint32, count uint32) uint32

//go:wasmimport midimon mouse_move
func rawMouseMove(x int32, y int32, relative uint32) uint32

//go:wasmimport midimon volume_get
func rawVolumeGet(output unsafe.Pointer, length uint32, volume unsafe.Pointer) uint32

//go:wasmimport midimon volume_set
func rawVolumeSet(output unsafe.Pointer, length uint32, percent int32, mute uint32) uint32

//go:wasmimport midimon notify
func rawNotify(json unsafe.Pointer, length uint32) uint32

//go:wasmimport midimon open_url
func rawOpenURL(url unsafe.Pointer, length uint32) uint32

//go:wasmimport midimon clipboard_get
func rawClipboardGet(buffer unsafe.Pointer, capacity uint32, length unsafe.Pointer) uint32

//go:wasmimport midimon clipboard_set
func rawClipboardSet(text unsafe.Pointer, length uint32) uint32

//go:wasmimport midimon app_list
func rawAppList(buffer unsafe.Pointer, capacity uint32, length unsafe.Pointer) uint32

//go:wasmimport midimon app_focus
func rawAppFocus(name unsafe.Pointer, length uint32) uint32

//go:wasmimport midimon app_launch
func rawAppLaunch(id unsafe.Pointer, length uint32) uint32

//go:wasmimport midimon secret_get
func rawSecretGet(name unsafe.Pointer, nameLength uint32, buffer unsafe.Pointer, capacity uint32,
	length unsafe.Pointer) uint32

//go:wasmimport midimon secret_set
func rawSecretSet(name unsafe.Pointer, nameLength uint32, value unsafe.Pointer,
	valueLength uint32) uint32

//go:wasmimport midimon config_get
func rawConfigGet(buffer unsafe.Pointer, capacity uint32, length unsafe.Pointer) uint32

//go:wasmimport midimon set_state
func rawSetState(json unsafe.Pointer, length uint32) uint32
