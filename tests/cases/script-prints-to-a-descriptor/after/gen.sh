echo gen >&3
