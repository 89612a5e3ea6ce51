module midimon

go 1.24
