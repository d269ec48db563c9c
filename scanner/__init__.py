"""From light to a code: decoding of pictures, as a library and as the program `scanner`."""
