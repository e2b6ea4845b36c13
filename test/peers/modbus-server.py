"""A Modbus RTU server by pymodbus 3.0 to 3.9: coils, inputs, and commands on standard input.

`input N 0|1` closes or opens a contact, `coils N` prints the first N coils.
"""
import sys
import threading

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartSerialServer

try:  # 3.7 and later
    from pymodbus import FramerType

    RTU = FramerType.RTU
except ImportError:
    from pymodbus.transaction import ModbusRtuFramer as RTU

READ_COILS, READ_INPUTS = 1, 2
unit = ModbusSlaveContext(
    di=ModbusSequentialDataBlock(0, [False] * 64),
    co=ModbusSequentialDataBlock(0, [False] * 1024),
    hr=ModbusSequentialDataBlock(0, [0] * 16),
    ir=ModbusSequentialDataBlock(0, [0] * 16),
)


def obey():
    for line in sys.stdin:
        words = line.split()
        if words[0] == "input":
            unit.setValues(READ_INPUTS, int(words[1]), [words[2] == "1"])
        elif words[0] == "coils":
            print("coils", "".join("1" if coil else "0" for coil in unit.getValues(READ_COILS, 0, int(words[1]))), flush=True)


threading.Thread(target=obey, daemon=True).start()
StartSerialServer(context=ModbusServerContext(unit, True), framer=RTU, port=sys.argv[1], baudrate=115200, timeout=0.005)
