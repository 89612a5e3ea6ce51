// The compiled doctor_guest.c, as bytes in the program; CMake says where it lies.
    .section .rodata
    .global midimon_doctor_guest
    .global midimon_doctor_guest_end
midimon_doctor_guest:
    .incbin MIDIMON_DOCTOR_GUEST
midimon_doctor_guest_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
