"""Does each program do no more than its row of the table says?"""
